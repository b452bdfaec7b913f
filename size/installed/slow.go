//go:build qemu || long

package installed

// tasks of .ci/needs that `make test-qemu` and `make test-long` do first.
var tasks = []string{"unit", "image", "vm", "test"}
