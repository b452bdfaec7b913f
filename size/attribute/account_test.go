package attribute

import (
	"bufio"
	"bytes"
	"context"
	"path/filepath"
	"strings"
)

// account is the linker's own, the oracle of the search that is done again here:
// the symbols that it reached, each from which it was first reached.
type account map[string]string

// linkerAccount links the program once more and lets the linker tell. Source:
// cmd/link/internal/ld/deadcode.go, -dumpdep: a line "a -> b" for each symbol,
// with marks in angle brackets behind a name.
func (t Target) linkerAccount(ctx context.Context, dir string) (account, error) {
	said, err := t.link(ctx, filepath.Join(dir, "dumpdep"), append([]string{"-dumpdep"}, t.Flags.LinkerFlags...))
	if err != nil {
		return nil, err
	}
	out := account{}
	lines := bufio.NewScanner(bytes.NewReader(said))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if from, to, is := strings.Cut(lines.Text(), " -> "); is {
			out[unmarked(to)] = unmarked(from)
		}
	}
	return out, lines.Err()
}

// unmarked takes the linker's marks off a name.
func unmarked(name string) string {
	for _, mark := range []string{" <UsedInIface><ReflectMethod>", " <UsedInIface>", " <ReflectMethod>"} {
		name = strings.TrimSuffix(name, mark)
	}
	return name
}
