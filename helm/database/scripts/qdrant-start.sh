#!/bin/sh
# Start Qdrant, whose image is made for a root file system that can be written to.
set -eu
export QDRANT__SERVICE__API_KEY="$(cat /run/database/password)" QDRANT__TELEMETRY_DISABLED=true
export QDRANT__STORAGE__SNAPSHOTS_PATH=/qdrant/storage/.snapshots QDRANT_INIT_FILE_PATH=/tmp/initialized
cd /qdrant
exec ./qdrant
