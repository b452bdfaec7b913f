// A program built without a package: its types, constants and variables stay, so
// that the others compile, and each of its functions only panics.

package attribute

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what the go command tells of a package.
type listed struct {
	ImportPath, Name, Dir string
	GoFiles, SFiles       []string
	Module                *struct {
		Path, Dir string
		Main      bool
	}
}

// Emptied builds the program as it is and with empty functions in packages, and
// tells the bytes of both files. An error says why it can't be built so: most
// often a variable that needs what a function made.
func (t Target) Emptied(ctx context.Context, dir string, packages []string) (with, without int64, err error) {
	all, err := t.list(ctx)
	if err != nil {
		return 0, 0, err
	}
	e := emptying{dir: dir, names: map[string]string{}, overlay: map[string]string{}, modules: map[string]string{}}
	for _, p := range all {
		e.names[p.ImportPath] = p.Name
	}
	for _, p := range all {
		if !slices.Contains(packages, p.ImportPath) {
			continue
		}
		if p.Name == "main" || p.Module == nil {
			return 0, 0, fmt.Errorf("attribute: no program is built without %s", p.ImportPath)
		}
		if err := e.pkg(p, all); err != nil {
			return 0, 0, err
		}
	}
	emptied, err := e.target(t)
	if err != nil {
		return 0, 0, err
	}
	if with, err = t.fileBytes(ctx, filepath.Join(dir, "with")); err != nil {
		return 0, 0, err
	}
	without, err = emptied.fileBytes(ctx, filepath.Join(dir, "without"))
	return with, without, err
}

// emptying is the sources of a program, changed.
type emptying struct {
	dir string
	// names are packages' by import path.
	names map[string]string
	// overlay are files of this checkout and what stands for them; modules are
	// copies of other modules, which an overlay may not reach.
	overlay, modules map[string]string
}

// pkg empties a package.
func (e *emptying) pkg(p listed, all []listed) error {
	to := func(file string) string { return filepath.Join(e.dir, fmt.Sprintf("emptied-%d.go", len(e.overlay))) }
	if !p.Module.Main {
		if err := e.copyModule(p, all); err != nil {
			return err
		}
		copied := filepath.Join(e.modules[p.Module.Path], p.below())
		to = func(file string) string { return filepath.Join(copied, file) }
		for _, file := range p.SFiles {
			if err := os.Remove(filepath.Join(copied, file)); err != nil {
				return err
			}
		}
	}
	for _, file := range p.GoFiles {
		from, out := filepath.Join(p.Dir, file), to(file)
		text, err := empty(from, e.names)
		if err != nil {
			return err
		}
		if err := os.WriteFile(out, text, 0o644); err != nil {
			return err
		}
		if p.Module.Main {
			e.overlay[from] = out
		}
	}
	if p.Module.Main {
		for _, file := range p.SFiles {
			e.overlay[filepath.Join(p.Dir, file)] = "" // the go command's word for a file that isn't there
		}
	}
	return nil
}

// below is a package's folder in its module.
func (p listed) below() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, p.Module.Path), "/")
}

// copyModule copies what the program uses of a module, once.
func (e *emptying) copyModule(p listed, all []listed) error {
	if e.modules[p.Module.Path] != "" {
		return nil
	}
	copied := filepath.Join(e.dir, fmt.Sprintf("module-%d", len(e.modules)))
	e.modules[p.Module.Path] = copied
	if err := os.MkdirAll(copied, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(copied, "go.mod"), []byte("module "+p.Module.Path+"\n\ngo 1.26\n"), 0o644); err != nil {
		return err
	}
	for _, other := range all {
		if other.Module == nil || other.Module.Path != p.Module.Path {
			continue
		}
		// All its files, as some embed others.
		if err := os.MkdirAll(filepath.Join(copied, other.below()), 0o755); err != nil {
			return err
		}
		entries, err := os.ReadDir(other.Dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if !entry.Type().IsRegular() || entry.Name() == "go.mod" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(other.Dir, entry.Name()))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(copied, other.below(), entry.Name()), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// target is the program of the changed sources.
func (e *emptying) target(t Target) (Target, error) {
	text, err := json.Marshal(map[string]any{"Replace": e.overlay})
	if err != nil {
		return t, err
	}
	t.Overlay = filepath.Join(e.dir, "overlay.json")
	if err := os.WriteFile(t.Overlay, text, 0o644); err != nil || len(e.modules) == 0 {
		return t, err
	}
	t.ModFile = filepath.Join(e.dir, "emptied.mod")
	for _, ext := range []string{".mod", ".sum"} {
		text, err := os.ReadFile(filepath.Join(t.Top, "go"+ext))
		if err != nil {
			return t, err
		}
		if ext == ".mod" {
			for path, copied := range e.modules {
				text = fmt.Appendf(text, "\nreplace %s => %s\n", path, copied)
			}
		}
		if err := os.WriteFile(strings.TrimSuffix(t.ModFile, ".mod")+ext, text, 0o644); err != nil {
			return t, err
		}
	}
	return t, nil
}

// fileBytes is the length of the built program.
func (t Target) fileBytes(ctx context.Context, out string) (int64, error) {
	if _, err := t.link(ctx, out, t.Flags.LinkerFlags); err != nil {
		return 0, err
	}
	info, err := os.Stat(out)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// list are the packages of the program.
func (t Target) list(ctx context.Context) ([]listed, error) {
	cmd := t.command(ctx, "list", t.Flags, "-deps", "-json=ImportPath,Name,Dir,GoFiles,SFiles,Module")
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("attribute: go list %s in %s: %w\n%s", t.Package, t.Top, err, said.Bytes())
	}
	var out []listed
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
}
