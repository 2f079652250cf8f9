package main

import (
	"fmt"

	"github.com/digitalocean/godo"
)

func main() { fmt.Println(godo.StatusOK) }
