// Command service stands in for a service's program. It embeds a file, so that
// a change of one is a change of the program.
package main

import (
	_ "embed"
	_ "os/user"

	"standin/service/text"
)

//go:embed greeting.txt
var greeting string

func main() { println(greeting, text.Name) }
