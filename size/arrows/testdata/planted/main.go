// The program planted breaks rules of policy.txt, so that a test sees them
// reported.
package main

import (
	"fmt"
	"os"
	"reflect"
	"time"

	"mote/size"
)

func main() {
	time.Sleep(1)
	fmt.Println(size.Budgets())
	// A method that is looked up by a name known only at run time.
	fmt.Println(reflect.ValueOf(size.Budget{}).MethodByName(os.Args[0]))
}
