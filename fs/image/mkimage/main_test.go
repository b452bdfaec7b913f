package main

import (
	"bytes"
	"errors"
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"mote/fs/image"
)

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no profile", nil, "0 profiles given"},
		{"two profiles", []string{"base", "demo"}, "2 profiles given"},
		{"unknown profile", []string{"nope"}, "there are base, edge, demo, bench, memory, inventory, test"},
		{"unknown flag", []string{"-nope", "base"}, "nope"},
		{"no such manifest", []string{"-manifest", "none.yaml", "base"}, "none.yaml"},
		{"unknown architecture", []string{"-goarch", "pdp11", "base"}, "pdp11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), c.args, new(bytes.Buffer), new(bytes.Buffer))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestUsageNamesEveryProfileAndFlag(t *testing.T) {
	var usage bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, new(bytes.Buffer), &usage); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("got %v", err)
	}
	root, err := image.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range image.Profiles(root) {
		if !strings.Contains(usage.String(), p.Name) || !strings.Contains(usage.String(), p.What) {
			t.Errorf("usage says nothing of %s", p.Name)
		}
	}
	for _, name := range []string{"-goarch", "-manifest", "-o ", "-block", "-level", "-compress-init", "-inspect", "-list"} {
		if !strings.Contains(usage.String(), name) {
			t.Errorf("usage says nothing of %s", name)
		}
	}
}

// TestPrint asks what a build prints, with a result that another test built.
func TestPrint(t *testing.T) {
	result := image.Result{Out: filepath.Join("build", "x.squashfs"), SHA256: "abc", Bytes: 4096, Files: []image.File{
		{Entry: image.Entry{Path: "/init", Kind: image.KindFile, Mode: 0o755, Reason: "PID 1"}, SizeBytes: 17},
	}}
	var out bytes.Buffer
	printResult(&out, result, 0, true)
	for _, want := range []string{"/init", " 17 ", "PID 1", "4096 bytes", "unchanged", "sha256 abc"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
	out.Reset()
	result.Fresh = true
	printResult(&out, result, 1500e6, false)
	if strings.Contains(out.String(), "/init") || !strings.Contains(out.String(), "built in 1.5s") {
		t.Errorf("printed:\n%s", out.String())
	}
}
