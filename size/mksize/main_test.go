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
