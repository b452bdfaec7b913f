// Command init stands in for PID 1 in tests that are about images only.
package main

func main() { println("standin init") }
