package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/size"
	"mote/size/golden"
)

// sample are rows as a run makes them: two that are whole, one that leaves its
// orphans, one that failed late, one that failed at once.
func sample() []row {
	return []row{
		{peer: &peer{name: "late", version: "late 1"}, figures: figures{exactReady: 90_000_000, clockReady: []int64{900e6}}, failed: "vm: waited 45 s"},
		{peer: &peer{name: "busybox", version: "busybox-static 1:1.35.0-4, Debian", initBytes: 1_983_520, imageBytes: 3_403_776},
			figures: figures{exactReady: 32_145_000, exactKernel: 206_093_000, clockReady: []int64{410e6, 380e6, 395e6}, clockWhole: []int64{2e9, 1.9e9, 2.1e9},
				rss: 1448, anonymous: 56, used: 30128, orphan: 90_839, deaths: []int64{1_005_938_359, 1_005_793_132}, smallestMiB: 35}},
		{peer: &peer{name: "broken", version: "broken 0.1"}, failed: "peers: go build: exit status 1"},
		{peer: &peer{name: "mote", version: "this tree", note: "a note", initBytes: 1_831_038, imageBytes: 3_252_224},
			figures: figures{exactReady: 31_900_000, rss: 2448, anonymous: 704, used: 30940, orphan: orphanLeft, deaths: []int64{4_800_000}}},
	}
}

func TestDocumentGolden(t *testing.T) {
	path := filepath.Join("testdata", "peers.md")
	got := document(sample(), "Linux 6.12.0", 3, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	golden.Check(t, path, got)
}

func TestTableHasTheQuickestFirst(t *testing.T) {
	rows := strings.Split(table(sample()), "\n")
	if !strings.HasPrefix(rows[2], "| **mote** | 31.9 |") || !strings.HasPrefix(rows[3], "| busybox | 32.1 |") {
		t.Errorf("got\n%s", strings.Join(rows, "\n"))
	}
	if !strings.HasPrefix(rows[4], "| late (failed, see below) | 90.0 | 900.0 (900.0 to 900.0) |") || !strings.HasPrefix(rows[5], "| broken (failed, see below) | – |") {
		t.Errorf("what failed is not last:\n%s", strings.Join(rows, "\n"))
	}
	columns := strings.Count(rows[0], "|")
	for _, line := range rows[:6] {
		if n := strings.Count(line, "|"); n != columns {
			t.Errorf("%d columns, the head has %d: %s", n, columns, line)
		}
	}
}

func TestInsertKeepsTheRest(t *testing.T) {
	text, err := insert("before\n"+tableBegin+"old\n"+tableEnd+"after\n", "new\n")
	if err != nil || text != "before\n"+tableBegin+"new\n"+tableEnd+"after\n" {
		t.Errorf("%q, %v", text, err)
	}
	for _, bad := range []string{"", tableBegin, tableEnd + tableBegin} {
		if _, err := insert(bad, "new"); err == nil {
			t.Errorf("%q has no place for a table, and no error", bad)
		}
	}
}

func line(text string) vm.Line { return vm.Line{Text: text} }

func TestFiguresAreRead(t *testing.T) {
	var f figures
	err := f.read([]vm.Line{line("[    1.0] mote: peer rss 684"), line("something else"), line("[    1.1] mote: peer anonymous 36"),
		line("[    1.2] mote: peer used 24992"), line("[    1.4] mote: peer orphan 9801"), line("[    3.9] mote: peer death 2465292"), line("[    6.4] mote: peer death 2707184")})
	if err != nil || f.rss != 684 || f.anonymous != 36 || f.used != 24992 || f.orphan != 9801 || len(f.deaths) != 2 || f.deaths[1] != 2707184 {
		t.Errorf("%+v, %v", f, err)
	}
	for text, want := range map[string]string{
		"mote: peer failed last: waited a minute for first": "waited a minute",
		"mote: peer rss much":                               "rss much",
		"mote: peer colour 5":                               "unknown",
	} {
		if err := f.read([]vm.Line{line(text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A root is declared whole: process 1 is in it, and no path twice.
func TestPeersWithoutPackagesAreWhole(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"bin/busybox"} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte("a program"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b := &builder{pool: &pool{folder: folder, versions: map[string]string{}}}
	for _, inittab := range []string{"inittab-direct", "inittab-shell"} {
		tr := &tree{}
		if err := fillBusybox(inittab)(t.Context(), b, tr); err != nil {
			t.Fatal(err)
		}
		if n, err := tr.size("/init"); err != nil || n != int64(len("a program")) {
			t.Errorf("%s: /init has %d bytes, %v", inittab, n, err)
		}
		seen := map[string]bool{}
		for _, n := range tr.nodes {
			if seen[n.path] {
				t.Errorf("%s: %s twice", inittab, n.path)
			}
			seen[n.path] = true
		}
	}
	if _, err := (&tree{}).size("/init"); err == nil {
		t.Error("a root without process 1 has a size")
	}
	if err := b.pool.library(&tree{}, "libnone.so"); err == nil || !strings.Contains(err.Error(), "libnone.so") {
		t.Errorf("got %v", err)
	}
}

func TestShare(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(100 - i)
	}
	for _, c := range []struct {
		list    []int64
		percent int
		want    int64
	}{
		{nil, 50, 0}, {[]int64{5}, 99, 5}, {[]int64{9, 1}, 50, 1}, {[]int64{9, 1, 5}, 50, 5}, {[]int64{9, 1, 5}, 0, 1}, {[]int64{9, 1, 5}, 95, 9},
		{hundred, 50, 50}, {hundred, 95, 95}, {hundred, 99, 99}, {hundred, 100, 100},
	} {
		if got := share(c.list, c.percent); got != c.want {
			t.Errorf("%d %% of %v: %d, want %d", c.percent, c.list, got, c.want)
		}
	}
	if size.Grouped(1_831_038) != "1,831,038" || size.Grouped(7) != "7" {
		t.Error("numbers are grouped wrongly")
	}
}

// A peer that fails is a row with its reason, takes no further part, and the
// others go on.
func TestFailureIsARow(t *testing.T) {
	var out strings.Builder
	c := comparison{builder: &builder{folder: t.TempDir()}, rounds: 2, out: &out}
	tried := 0
	bad := &peer{name: "bad", fill: func(context.Context, *builder, *tree) error {
		tried++
		return errors.New("no such program\nconsole, last lines:")
	}}
	rows, err := c.compare(t.Context(), []*peer{bad})
	if err != nil || tried != 1 || rows[0].failed != "no such program" || !strings.Contains(out.String(), "bad: no such program\nconsole") {
		t.Errorf("%v, tried %d times: %+v\n%s", err, tried, rows[0], out.String())
	}
	if text := failures(rows); text != "\n- bad failed: no such program\n" {
		t.Errorf("%q", text)
	}
	if long := firstLine(strings.Repeat("ü", 150)); len(long) > reasonBytesMax+len(" …") || !strings.HasSuffix(long, "ü …") {
		t.Errorf("%q", long)
	}
}
