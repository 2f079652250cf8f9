import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach } from "vitest";
import { FakeServer } from "./fake-server.ts";

/** The server and the user of a test. Each test that imports them has new ones. */
export let server: FakeServer;
export let user: UserEvent;

beforeEach(() => {
  server = new FakeServer();
  user = userEvent.setup();
});
