package arrows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// List asks the go command about the packages of patterns, in the module at
// top; with deps also about everything that they are linked from.
func List(top string, deps bool, patterns ...string) ([]Package, error) {
	args := []string{"list", "-json=ImportPath,Imports"}
	if deps {
		args = append(args, "-deps")
	}
	out, err := command(top, append(args, patterns...)...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	if err != nil {
		return nil, fmt.Errorf("arrows: go list %s: %w", strings.Join(patterns, " "), err)
	}
	var packages []Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg Package
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("arrows: go list: %w", err)
		}
		packages = append(packages, pkg)
	}
}

// DumpDeps links the program of pattern and returns which symbol keeps which.
func DumpDeps(top, pattern string) (string, error) {
	out, err := command(top, "build", "-trimpath", "-o", os.DevNull, "-ldflags=-dumpdep", pattern).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("arrows: go build %s: %w: %.500s", pattern, err, out)
	}
	return string(out), nil
}

// command is a go command for the node's system, whatever the host's is.
func command(top string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	return cmd
}
