package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size"
)

func weigh(t *testing.T, bytesCount int) (out, report string, err error) {
	t.Helper()
	top := t.TempDir()
	if bytesCount >= 0 {
		if err := os.WriteFile(filepath.Join(top, "init"), make([]byte, bytesCount), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	err = run(top, []size.Budget{{Name: "pid1", Path: "init", Bytes: 1000, GoalBytes: 1000}}, nil, &b)
	text, readErr := os.ReadFile(filepath.Join(top, "build", "size.json"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	return b.String(), string(text), err
}

func TestWithinTheBudget(t *testing.T) {
	out, report, err := weigh(t, 1000)
	if err != nil || !strings.Contains(out, "within its budget") {
		t.Errorf("%v\n%s", err, out)
	}
	var got struct {
		Artifacts []struct {
			Name          string
			Bytes, Budget int64
		}
	}
	if err := json.Unmarshal([]byte(report), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Artifacts) != 1 || got.Artifacts[0].Name != "pid1" || got.Artifacts[0].Bytes != 1000 || got.Artifacts[0].Budget != 1000 {
		t.Errorf("size.json: %s", report)
	}
}

func TestPastTheBudgetFails(t *testing.T) {
	out, _, err := weigh(t, 1001)
	if err == nil || !strings.Contains(out, "pid1 is 1 bytes past") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestMissingArtifactFails(t *testing.T) {
	if _, _, err := weigh(t, -1); err == nil || !strings.Contains(err.Error(), "build it first") {
		t.Errorf("got %v", err)
	}
}

func TestReadMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "boot.json")
	for text, want := range map[string]string{
		`{"counted":true,"init_ns":2000000,"ready_ns":9000000,"marks":[{"name":"init","ns":2000000},{"name":"ready","ns":9000000}]}`: "",
		`{"init_ns":2000000,"ready_ns":9000000}`: "was not counted",
		`{"init_ns":2000000}`:                    "no boot that got ready",
		`[`:                                      "boot.json",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		usec, err := readMarks(path)
		if want == "" && (err != nil || usec["init"] != 2000 || usec["ready"] != 7000) {
			t.Errorf("%v, %v", usec, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if usec, err := readMarks(""); err != nil || usec != nil {
		t.Errorf("%v, %v", usec, err)
	}
}
