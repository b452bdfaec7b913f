package main

// archWays are those that only this architecture has: none.
func archWays() []way { return nil }
