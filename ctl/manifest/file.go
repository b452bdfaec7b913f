package manifest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mote/wire"
	"mote/wire/inventory"
)

// What documents need of files: themselves, machines, secrets.

// ReadInventory reads a machine's inventory, as the node's agent writes it.
func ReadInventory(name string) (*inventory.Inventory, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w; make inventory writes build/inventory.json", err)
	}
	m := new(inventory.Inventory)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("manifest: %s is no inventory: %w", name, err)
	}
	if m.Version != inventory.Version {
		return nil, fmt.Errorf("manifest: %s is an inventory of version %d; this program reads %d", name, m.Version, inventory.Version)
	}
	return m, nil
}

// secretSizeMax bounds a secret in bytes: an environment is not larger.
const secretSizeMax = wire.EnvSizeMax

// Secrets reads what a document refers to: files, whose names are relative to the
// document's, and the environment of this program. Errors never have what was
// read.
func Secrets(document string) func(kind, name string) (string, error) {
	return func(kind, name string) (string, error) {
		if kind == "env" {
			value, ok := os.LookupEnv(name)
			if !ok {
				return "", fmt.Errorf("no variable %s in the environment", name)
			}
			return value, nil
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(document), name)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("the secret can't be read: %w", err)
		}
		if len(b) > secretSizeMax {
			return "", fmt.Errorf("the secret %s has %d bytes; at most %d are taken", name, len(b), secretSizeMax)
		}
		// Editors end a file with a newline that nobody means.
		return strings.TrimSuffix(string(b), "\n"), nil
	}
}

// CompileFile makes the manifest that an image has, secrets and all, from the
// document in a file. An image is for whatever machine it is written to: a
// document with parts for machines needs one, as its inventory's file.
func CompileFile(name, forMachine string) (*wire.Manifest, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	n, problems := Load(name, text)
	if n == nil {
		return nil, problems
	}
	v := Values{Secret: Secrets(name)}
	if forMachine != "" {
		if v.Machine, err = ReadInventory(forMachine); err != nil {
			return nil, err
		}
	} else if n.Get(machinesName) != nil {
		return nil, fmt.Errorf("manifest: %s has parts for single machines; say for which, by its inventory's file", name)
	}
	m, more := Compile(n, v)
	if problems = problems.And(more); len(problems) > 0 {
		return nil, problems
	}
	return m, nil
}
