package kconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCacheRoot(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string // an error when it begins with "error "
	}{
		{map[string]string{"MOTE_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/c/kernel"},
		{map[string]string{"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/mote/kernel"},
		{map[string]string{"HOME": "/h"}, "/h/.cache/mote/kernel"},
		{map[string]string{}, "error HOME is not set"},
		{map[string]string{"MOTE_CACHE": "relative"}, "error is not absolute"},
	} {
		got, err := CacheRoot(func(name string) string { return c.env[name] })
		if fail, ok := strings.CutPrefix(c.want, "error "); ok {
			if err == nil || !strings.Contains(err.Error(), fail) {
				t.Errorf("%v: error %v, want %q", c.env, err, fail)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%v: got %q, %v, want %q", c.env, got, err, c.want)
		}
	}
}

// TestKeyNamesEverything changes each input of the key alone: all keys differ.
func TestKeyNamesEverything(t *testing.T) {
	one := []Fragment{{"a.config", []byte("CONFIG_A=y\n")}, {"b.config", []byte("CONFIG_B=y\n")}}
	keys := map[string]string{}
	add := func(what, key string) {
		if other, ok := keys[key]; ok {
			t.Errorf("%s has the key of %s", what, other)
		}
		keys[key] = what
	}
	source := Source{ID: "s"}
	add("base", Key("x86_64", one, source, "gcc 12"))
	add("architecture", Key("arm64", one, source, "gcc 12"))
	add("source", Key("x86_64", one, Source{ID: "s2"}, "gcc 12"))
	add("compiler", Key("x86_64", one, source, "gcc 13"))
	add("order", Key("x86_64", []Fragment{one[1], one[0]}, source, "gcc 12"))
	add("fewer", Key("x86_64", one[:1], source, "gcc 12"))
	add("text", Key("x86_64", []Fragment{one[0], {"b.config", []byte("CONFIG_B=n\n")}}, source, "gcc 12"))
	add("name", Key("x86_64", []Fragment{one[0], {"c.config", []byte("CONFIG_B=y\n")}}, source, "gcc 12"))
	// The same bytes, cut elsewhere.
	add("moved border", Key("x86_64", []Fragment{one[0], {"b.configC", []byte("ONFIG_B=y\n")}}, source, "gcc 12"))
	if again := Key("x86_64", one, source, "gcc 12"); keys[again] != "base" {
		t.Error("the same inputs gave another key")
	}
}

// files makes one source file for each artifact.
func files(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range artifacts {
		path := filepath.Join(t.TempDir(), "made-"+name)
		if err := os.WriteFile(path, []byte(text+name), 0o644); err != nil {
			t.Fatal(err)
		}
		out[name] = path
	}
	return out
}

func TestKeepCachedLink(t *testing.T) {
	root, dir := t.TempDir(), filepath.Join(t.TempDir(), "build")
	if Cached(root, "k") {
		t.Fatal("an empty cache has an entry")
	}
	for _, text := range []string{"old ", "new "} {
		if err := Keep(root, "k", files(t, text)); err != nil {
			t.Fatal(err)
		}
		if !Cached(root, "k") {
			t.Fatal("what was kept isn't there")
		}
		if err := Link(root, "k", dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range artifacts {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || string(got) != text+name {
				t.Errorf("%s holds %q, %v", name, got, err)
			}
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != len(artifacts) {
		t.Errorf("build holds %v, %v: nothing but the links should be left", left, err)
	}
}

// TestLinkReplacesAFile: build/ may hold a plain file from elsewhere.
func TestLinkReplacesAFile(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bzImage"), []byte("plain"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Keep(root, "k", files(t, "")); err != nil {
		t.Fatal(err)
	}
	if err := Link(root, "k", dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "bzImage")); err != nil || string(got) != "bzImage" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestKeepFailsWhole: with one artifact missing there is no entry, and what a
// killed build left over doesn't matter to the next.
func TestKeepFailsWhole(t *testing.T) {
	root := t.TempDir()
	made := files(t, "")
	good := made["vmlinux"]
	made["vmlinux"] = good + ".none"
	if err := Keep(root, "k", made); err == nil || !strings.Contains(err.Error(), "keeping vmlinux") {
		t.Errorf("got %v", err)
	}
	if Cached(root, "k") {
		t.Error("a part of an entry counts as one")
	}
	made["vmlinux"] = good
	if err := Keep(root, "k", made); err != nil || !Cached(root, "k") {
		t.Errorf("after a failed one: %v", err)
	}
}

// TestLinkSaysWhatIsInTheWay: a folder can't be replaced by a link, and nothing
// is left of the attempt.
func TestLinkSaysWhatIsInTheWay(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "vmlinux", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Keep(root, "k", files(t, "")); err != nil {
		t.Fatal(err)
	}
	if err := Link(root, "k", dir); err == nil || !strings.Contains(err.Error(), "something else than a file") {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".link-*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
}
