package keyset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func create(t *testing.T) (string, Set) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "keys")
	s, err := Create(folder, "Test", time.Unix(1767225600, 0))
	if err != nil {
		t.Fatal(err)
	}
	return folder, s
}

func TestWhatIsMadeIsLoaded(t *testing.T) {
	folder, made := create(t)
	got, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Release.Equal(made.Release) || !got.Boot.DB.Certificate.Equal(made.Boot.DB.Certificate) ||
		got.Boot.MadeSec != 1767225600 {
		t.Error("another set was loaded")
	}
	public, err := LoadPublic(filepath.Join(folder, "release.pub"))
	if err != nil || !public.Equal(made.Release.Public()) {
		t.Errorf("release.pub is another's (%v)", err)
	}
	names, err := os.ReadDir(folder)
	if err != nil || len(names) != 11 {
		t.Errorf("%d files, %v", len(names), err)
	}
	for _, n := range names {
		info, err := n.Info()
		if err != nil {
			t.Fatal(err)
		}
		if secret := strings.HasSuffix(n.Name(), ".key"); secret != (info.Mode().Perm() == 0o600) {
			t.Errorf("%s has mode %o", n.Name(), info.Mode())
		}
	}
}

func TestKeysAreNotWrittenOver(t *testing.T) {
	folder, made := create(t)
	if _, err := Create(folder, "Test", time.Unix(1, 0)); err == nil {
		t.Fatal("a second set was made in the same folder")
	}
	if got, err := Load(folder); err != nil || !got.Release.Equal(made.Release) {
		t.Errorf("the first set is gone: %v", err)
	}
}

func TestWhatDoesNotBelongTogetherIsRefused(t *testing.T) {
	folder, _ := create(t)
	for _, c := range []struct{ to, from string }{
		{"PK.crt", "db.crt"}, {"release.key", "db.key"}, {"db.key", "release.key"}, {"KEK.crt", "release.pub"},
	} {
		was, err := os.ReadFile(filepath.Join(folder, c.to))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(folder, c.from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, c.to), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(folder); err == nil {
			t.Errorf("%s with the content of %s was taken", c.to, c.from)
		}
		if err := os.WriteFile(filepath.Join(folder, c.to), was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := LoadPublic(filepath.Join(folder, "release.key")); err == nil {
		t.Error("a private key was taken for a public one")
	}
}
