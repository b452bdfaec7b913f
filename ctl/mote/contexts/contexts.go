// Package contexts is the one file in which mote keeps where nodes are and as whom
// it asks them: $XDG_CONFIG_HOME/mote/contexts.yaml, by the XDG Base Directory
// Specification, version 0.8.
package contexts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"mote/ctl/mote/exit"
	"mote/wire"
)

// PortDefault is where nodes are asked that have no port in their address.
const PortDefault = 7443

// File is the whole of it.
type File struct {
	// Current is the context that is used when none is named.
	Current  string             `yaml:"current"`
	Contexts map[string]Context `yaml:"contexts"`
}

// Context is a set of nodes that have one root, and an operator who asks them.
type Context struct {
	// Root, Key and Certificate are files: the root's certificate, the operator's key
	// and what the root says of it. Absolute, or relative to the contexts' file.
	Root        string `yaml:"root"`
	Key         string `yaml:"key"`
	Certificate string `yaml:"certificate"`
	// Nodes are addresses by name, each with its port.
	Nodes map[string]string `yaml:"nodes"`
}

// Path is where the file is for this user.
func Path() (string, error) {
	home, err := os.UserConfigDir() // $XDG_CONFIG_HOME, or ~/.config; on macOS the Library
	if set := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(set) {
		home, err = set, nil
	}
	if err != nil {
		return "", fmt.Errorf("contexts: %w; set XDG_CONFIG_HOME to a folder", err)
	}
	return filepath.Join(home, "mote", "contexts.yaml"), nil
}

// Load reads the file; one that is not there is empty.
func Load(path string) (*File, error) {
	f := &File{Contexts: map[string]Context{}}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		err = d.Decode(f)
	}
	if err != nil {
		return nil, fmt.Errorf("contexts: %s: %w; mend it, or move it away and run mote gen again", path, err)
	}
	for name, c := range f.Contexts {
		for node, address := range c.Nodes {
			if _, err := Address(address); err != nil || !wire.NameOK(node) {
				return nil, fmt.Errorf("contexts: %s: context %s, node %s: %q is no address; write HOST:PORT", path, name, node, address)
			}
		}
	}
	return f, nil
}

// Save writes the file, whole or not at all, for its owner only.
func (f *File) Save(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	var b bytes.Buffer
	b.WriteString("# Where mote finds nodes, and as whom it asks them. mote gen writes it.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(f), e.Close()); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	if err := os.WriteFile(path+".new", b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("contexts: %w", err)
	}
	return nil
}

// Choose finds a context by its name, or the current one for "".
func (f *File) Choose(name string) (Context, error) {
	if name == "" {
		name = f.Current
	}
	if name == "" {
		return Context{}, exit.With(exit.NotFound, errors.New("contexts: there is none yet; make keys and a context with mote gen"))
	}
	c, ok := f.Contexts[name]
	if !ok {
		return c, exit.With(exit.NotFound, fmt.Errorf("contexts: no context %s; there are %s", name, strings.Join(f.Names(), ", ")))
	}
	return c, nil
}

// Names lists the contexts, sorted.
func (f *File) Names() []string { return sorted(f.Contexts) }

// Pick gives the nodes of these names, or all of them, sorted.
func (c Context) Pick(names []string) ([]string, error) {
	all := sorted(c.Nodes)
	if len(names) == 0 {
		if len(all) == 0 {
			return nil, exit.With(exit.NotFound, errors.New("contexts: the context has no nodes; add one with mote gen --node NAME=ADDRESS"))
		}
		return all, nil
	}
	for _, name := range names {
		if _, ok := c.Nodes[name]; !ok {
			return nil, exit.With(exit.NotFound, fmt.Errorf("contexts: no node %s; there are %s", name, strings.Join(all, ", ")))
		}
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names), nil
}

func sorted[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Address adds the usual port to an address that has none.
func Address(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), strconv.Itoa(PortDefault)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, " /[]") {
		return "", fmt.Errorf("contexts: %q is no address; write HOST or HOST:PORT", s)
	}
	return net.JoinHostPort(host, port), nil
}
