//go:build !qemu && !long

package installed

// tasks of .ci/needs that `make test-unit` does first.
var tasks = []string{"unit", "image"}
