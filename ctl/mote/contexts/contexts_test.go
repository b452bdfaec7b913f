package contexts

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"mote/ctl/mote/exit"
)

func TestSaveAndLoad(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	path, err := Path()
	if err != nil || !strings.HasSuffix(path, "/mote/contexts.yaml") {
		t.Fatal(path, err)
	}
	f, err := Load(path)
	if err != nil || len(f.Contexts) != 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := f.Choose(""); err == nil || !strings.Contains(err.Error(), "mote gen") {
		t.Errorf("without any: %v", err)
	}
	f.Current = "home"
	f.Contexts["home"] = Context{Root: "/r", Key: "/k", Certificate: "/c", Nodes: map[string]string{"b": "10.0.0.2:7443", "a": "[fe80::1]:70"}}
	if err := f.Save(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	again, err := Load(path)
	if err != nil || !reflect.DeepEqual(again, f) {
		t.Errorf("%+v, %v", again, err)
	}
	c, err := again.Choose("")
	if names, pickErr := c.Pick(nil); err != nil || pickErr != nil || strings.Join(names, " ") != "a b" {
		t.Errorf("%v, %v, %v", names, err, pickErr)
	}
	if names, err := c.Pick([]string{"b", "b"}); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
	_, noContext := again.Choose("office")
	_, noNode := c.Pick([]string{"z"})
	_, empty := Context{}.Pick(nil)
	for _, err := range []error{noContext, noNode, empty} {
		if code, _ := exit.Of(err); code != exit.NotFound {
			t.Errorf("%v has status %d", err, code)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contexts.yaml")
	for _, text := range []string{"currant: x\n", "contexts: {a: {nodes: {n: 'host:0'}}}\n", "contexts: {a: {nodes: {N: host}}}\n", "- a\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q is read as %+v, %v", text, f, err)
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{"10.0.0.1": "10.0.0.1:7443", "edge.example:70": "edge.example:70", "fe80::1": "[fe80::1]:7443",
		"[fe80::1]": "[fe80::1]:7443", "[fe80::1]:9": "[fe80::1]:9", "": "", "a b": "", "h:0": "", "h:99999": "", ":7": ""} {
		if got, err := Address(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q becomes %q, %v", in, got, err)
		}
	}
}
