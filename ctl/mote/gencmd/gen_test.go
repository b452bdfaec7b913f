package gencmd

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mote/ctl/manifest"
	"mote/ctl/mote/contexts"
	"mote/ctl/mote/exit"
	"mote/ctl/pki"
	"mote/size/golden"
	"mote/wire"
)

// start is when the first command runs.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// desk is where an operator sits: a folder, and a home of its own.
type desk struct {
	t        *testing.T
	dir      string
	contexts string
}

func newDesk(t *testing.T) desk {
	dir := t.TempDir()
	t.Chdir(dir)
	return desk{t, dir, filepath.Join(dir, "config", "mote", "contexts.yaml")}
}

// gen runs a command line, and gives what it printed with the folder cut out.
func (d desk) gen(words ...string) (string, error) {
	c := New(Command{Now: func() time.Time { return start }, Contexts: func() (string, error) { return d.contexts, nil }})
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&out)
	c.SilenceUsage, c.SilenceErrors = true, true
	c.SetArgs(words)
	err := c.ExecuteContext(d.t.Context())
	return strings.ReplaceAll(out.String(), d.dir, "DIR"), err
}

// TestGen makes a house, adds to it, and holds what is said and written to the files.
func TestGen(t *testing.T) {
	d := newDesk(t)
	text := ""
	for _, line := range []string{"home --operator alice", "home --operator alice --node edge-1=192.0.2.10 --node edge-2=[2001:db8::2]:70",
		"home --operator bob --role reader --node edge-1=192.0.2.11"} {
		out, err := d.gen(strings.Fields(line)...)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		text += "$ mote gen " + line + "\n" + out + "\n"
	}
	for _, name := range []string{"home/edge-2.yaml", "config/mote/contexts.yaml"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += "$ cat " + name + "\n" + regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(strings.ReplaceAll(string(b), d.dir, "DIR"), "KEY") + "\n"
	}
	golden.Check(t, filepath.Join(testdata(t), "gen.txt"), text)
	for name, mode := range map[string]os.FileMode{"root.key": 0o600, "alice.key": 0o600, "edge-1.identity": 0o600, "root.crt": 0o644} {
		if info, err := os.Stat("home/" + name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// testdata is found from wherever the test stands by then.
var home, _ = os.Getwd()

func testdata(*testing.T) string { return filepath.Join(home, "testdata") }

// TestGenIsWhatNodesTake: the manifest compiles, its identity and roots are good, and
// operator and node know each other by them.
func TestGenIsWhatNodesTake(t *testing.T) {
	d := newDesk(t)
	if _, err := d.gen("home", "--operator", "alice", "--node", "edge-1=192.0.2.10:70"); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.CompileFile("home/edge-1.yaml", "")
	if err != nil {
		t.Fatal(err)
	}
	if m.Node != "edge-1" || manifest.GatePort(m) != 70 || len(m.Access) != 1 || m.Access[0].Name != "alice" {
		t.Errorf("%+v", m)
	}
	identity, err := pki.DecodeHolder([]byte(m.Services[0].Isolation.Files[0].Content))
	if err != nil {
		t.Fatal(err)
	}
	if i, err := identity.Identity(); err != nil || i != (pki.Identity{Kind: pki.Node, Name: "edge-1"}) {
		t.Errorf("%v, %v", i, err)
	}
	roots, err := pki.DecodeRoots([]byte(m.Services[1].Isolation.Files[0].Content))
	if err != nil {
		t.Fatal(err)
	}
	file, err := contexts.Load(d.contexts)
	if err != nil {
		t.Fatal(err)
	}
	c := file.Contexts[file.Current]
	key, keyErr := os.ReadFile(c.Key)
	crt, crtErr := os.ReadFile(c.Certificate)
	holder, err := pki.DecodeHolder(key, crt)
	if err != nil || keyErr != nil || crtErr != nil {
		t.Fatal(err, keyErr, crtErr)
	}
	leaf, err := holder.Leaf(start, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	shown := []*x509.Certificate{leaf.Leaf, holder.Certificate}
	if i, err := roots.Verify(shown, pki.Operator, start); err != nil || i.Name != "alice" || i.Role != wire.RoleAdmin {
		t.Errorf("%v, %v", i, err)
	}
	if string(m.Access[0].Key[:]) != string(holder.Key.Public().(ed25519.PublicKey)) {
		t.Error("the manifest trusts another key than the operator's")
	}
}

// TestGenRefuses tells what is wrong, and makes nothing.
func TestGenRefuses(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		line, want string
		code       exit.Code
	}{
		{"home --role king", `no role "king"; take reader, operator or admin`, exit.Usage},
		{"home --operator Alice", `"Alice" can't name an operator`, exit.Usage},
		{"home --operator root", `"root" can't name an operator`, exit.Usage},
		{"home --node edge-1", "write NAME=ADDRESS", exit.Usage},
		{"home --node edge-1=a/b", "write NAME=ADDRESS", exit.Usage},
		{"home --node admin=10.0.0.1", `"admin" can't name a node`, exit.Usage},
		{"home --node a=10.0.0.1 --node a=10.0.0.2", "stands twice", exit.Usage},
	} {
		_, err := d.gen(strings.Fields(c.line)...)
		if code, _ := exit.Of(err); code != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: status %d, %v; want %d, %q", c.line, code, err, c.code, c.want)
		}
	}
	if _, err := os.Stat("home"); err == nil {
		t.Error("a refused command made the folder")
	}
	if _, err := d.gen("a/home"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.gen("b/home"); err == nil || !strings.Contains(err.Error(), "take another name") {
		t.Errorf("a second context of the name: %v", err)
	}
	if err := os.Remove("a/home/root.key"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.gen("a/home"); err == nil || !strings.Contains(err.Error(), "a part of a root only") {
		t.Errorf("a root without its key: %v", err)
	}
}
