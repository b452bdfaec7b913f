package image

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuildsAtTheSameTime has several builds of one image with one target, as
// the tests of several packages do.
func TestBuildsAtTheSameTime(t *testing.T) {
	const buildsCount = 4
	spec := standinSpec(t, standin(t))
	type built struct {
		result Result
		err    error
	}
	all := make(chan built)
	for range buildsCount {
		go func() {
			r, err := Build(t.Context(), spec)
			all <- built{r, err}
		}()
	}
	sums := map[string]bool{}
	for range buildsCount {
		b := <-all
		if b.err != nil {
			t.Error(b.err)
			continue
		}
		sums[b.result.SHA256] = true
	}
	if len(sums) != 1 {
		t.Errorf("the builds gave %d images: %v", len(sums), sums)
	}
	if r := mustBuild(t, spec); r.Fresh || !sums[r.SHA256] {
		t.Errorf("afterwards: fresh %t, %s", r.Fresh, r.SHA256)
	}
	checkFolder(t, spec, 2)
}

// checkFolder fails for everything but binaries, the image and its note.
func checkFolder(t *testing.T, spec Spec, binariesCount int) {
	t.Helper()
	for folder, want := range map[string]int{filepath.Dir(spec.Out): 3, spec.Keep: binariesCount} {
		left, err := os.ReadDir(folder)
		if err != nil || len(left) != want {
			t.Errorf("%s has %v, want %d; %v", folder, left, want, err)
		}
	}
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	spec := standinSpec(t, standin(t))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the user has had enough"))
	if _, err := Build(ctx, spec); err == nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	left, err := os.ReadDir(filepath.Dir(spec.Out))
	if err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestOneBinaryTwice puts one program at two paths: one build, two files.
func TestOneBinaryTwice(t *testing.T) {
	spec := standinSpec(t, standin(t))
	second := spec.Programs[0]
	second.Path = "/bin/second"
	spec.Programs = append(spec.Programs, second)
	sizes := map[string]int64{}
	for _, f := range mustBuild(t, spec).Files {
		sizes[f.Path] = f.SizeBytes
	}
	if sizes["/bin/second"] == 0 || sizes["/bin/second"] != sizes["/bin/service"] {
		t.Errorf("sizes are %v", sizes)
	}
}

// TestOwnersOfMoreFiles puts a service's own file into an image and finds it
// there as declared.
func TestOwnersOfMoreFiles(t *testing.T) {
	spec := standinSpec(t, standin(t))
	spec.Files = Table{
		{Path: "/etc/service", Kind: KindFolder, Mode: 0o750, UID: 2001, GID: 2002, Reason: "a test"},
		{Path: "/etc/service/key", Kind: KindFile, Mode: 0o400, UID: 2001, GID: 2002, Content: []byte("k"), Reason: "a test"},
	}
	found, err := Walk(t.Context(), walkBuilt(t, spec).Out)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range found {
		if strings.HasPrefix(f.Path, "/etc/service") {
			seen++
			if f.UID != 2001 || f.GID != 2002 {
				t.Errorf("%s is %d:%d", f.Path, f.UID, f.GID)
			}
		} else if f.UID != 0 || f.GID != 0 {
			t.Errorf("%s is %d:%d, want root's", f.Path, f.UID, f.GID)
		}
	}
	if seen != 2 {
		t.Errorf("%d of the two paths are there", seen)
	}
}
