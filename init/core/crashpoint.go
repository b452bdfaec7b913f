//go:build !crashtest

package core

// crashPoint is where test images make PID 1 crash; see crashpoint_crashtest.go.
// Here it is nothing: no instruction of it is in the product.
func crashPoint(*Loop, string) {}
