package vm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// ticking is a clock that moves a second with each look.
func ticking() func() time.Time {
	at := time.Unix(0, 0)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

func anyLine(string) bool { return true }

func containing(text string) func(string) bool {
	return func(line string) bool { return strings.Contains(line, text) }
}

// The dumb version: split the whole text at once.
func TestConsoleSplitsAsStringsSplit(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 500 {
		var text strings.Builder
		for range r.IntN(60) {
			text.WriteString([]string{"a", "bc", "\n", "\r\n", "ü"}[r.IntN(5)])
		}
		c := newConsole(ticking())
		for rest := text.String(); rest != ""; {
			n := 1 + r.IntN(len(rest))
			if wrote, err := c.Write([]byte(rest[:n])); wrote != n || err != nil {
				t.Fatal(wrote, err)
			}
			rest = rest[n:]
		}
		whole := strings.Split(strings.ReplaceAll(text.String(), "\r", ""), "\n")
		var got []string
		for _, line := range c.all() {
			got = append(got, line.Text)
		}
		if want := whole[:len(whole)-1]; strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Fatalf("text %q\ngot  %q\nwant %q", text.String(), got, want)
		}
	}
}

func TestConsoleStampsTheEndOfALine(t *testing.T) {
	c := newConsole(ticking())
	c.Write([]byte("half"))         // second 1
	c.Write([]byte(" line\nnext ")) // second 2
	c.Write([]byte("one\n"))        // second 3
	for i, want := range []Line{{"half line", time.Unix(2, 0)}, {"next one", time.Unix(3, 0)}} {
		if got := c.all()[i]; got.Text != want.Text || !got.At.Equal(want.At) {
			t.Errorf("line %d: got %v, want %v", i, got, want)
		}
	}
}

func TestConsoleBounds(t *testing.T) {
	c := newConsole(time.Now)
	c.Write([]byte(strings.Repeat("x", 3*lineBytesMax+1) + "\n"))
	if got := len(c.all()); got != 4 {
		t.Errorf("a line of 3 times the limit and 1 byte made %d lines, want 4", got)
	}
	for i := range linesMax + 10 {
		fmt.Fprintf(c, "%d\n", i)
	}
	if got := len(c.all()); got != linesMax {
		t.Errorf("%d lines kept, want %d", got, linesMax)
	}
	line, found, _ := c.take(anyLine)
	if !found || line.Text != "10" {
		t.Errorf("first kept line is %q, want 10", line.Text)
	}
	if shown := c.last(2); !strings.HasPrefix(shown, fmt.Sprintf("\t(%d earlier lines)\n", linesMax+10+4-2)) {
		t.Errorf("shown: %q", shown)
	}
}

func TestWaitsGoForward(t *testing.T) {
	c := newConsole(time.Now)
	ended := make(chan struct{})
	fmt.Fprint(c, "ready 1\nother\nready 2\n")
	for _, want := range []string{"ready 1", "ready 2"} {
		line, err := c.wait(t.Context(), ended, containing("ready"))
		if err != nil || line.Text != want {
			t.Fatalf("got %q, %v; want %q", line.Text, err, want)
		}
	}
	go fmt.Fprint(c, "noise\nready 3\n")
	if line, err := c.wait(t.Context(), ended, containing("ready")); err != nil || line.Text != "ready 3" {
		t.Fatalf("got %q, %v", line.Text, err)
	}
}

func TestWaitLooksOnceMoreAfterTheEnd(t *testing.T) {
	c := newConsole(time.Now)
	ended := make(chan struct{})
	fmt.Fprint(c, "last words\n")
	close(ended)
	if line, err := c.wait(t.Context(), ended, containing("last")); err != nil {
		t.Fatalf("%q, %v", line.Text, err)
	}
	if _, err := c.wait(t.Context(), ended, anyLine); !errors.Is(err, errEnded) {
		t.Errorf("got %v, want errEnded", err)
	}
}

// A last line and the end may come at once; the line must win every time.
func TestLastLineBeatsTheEnd(t *testing.T) {
	for range 500 {
		c := newConsole(time.Now)
		ended := make(chan struct{})
		go func() {
			fmt.Fprint(c, "last words\n")
			close(ended)
		}()
		if _, err := c.wait(t.Context(), ended, containing("last")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	_, err := newConsole(time.Now).wait(ctx, nil, anyLine)
	if err == nil || err.Error() != "enough" {
		t.Errorf("got %v, want the context's cause", err)
	}
}

func TestLastShowsPartialAndNothing(t *testing.T) {
	c := newConsole(time.Now)
	if got := c.last(3); got != "\t(nothing was printed)\n" {
		t.Errorf("empty: %q", got)
	}
	fmt.Fprint(c, "a\nb\nlogin: ")
	if got, want := c.last(1), "\t(1 earlier lines)\n\tb\n\tlogin:  (no line end yet)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCleanText(t *testing.T) {
	for raw, want := range map[string]string{
		"plain\ttext\r":                  "plain\ttext",
		"\x1bc\x1b[?7l\x1b[2J\x1b[0mSea": "cSea",
		"a\x07b\x00c\x7f":                "abc",
		"\x1b[31":                        "",
		"broken \xff utf8":               "broken \uFFFD utf8",
	} {
		if got := cleanText([]byte(raw)); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var said tail
	for i := range 3000 {
		fmt.Fprintf(&said, "%d\n", i)
	}
	if got := said.String(); len(got) != stderrBytesMax || !strings.HasSuffix(got, "2998\n2999\n") {
		t.Errorf("%d bytes, end %q", len(got), got[len(got)-10:])
	}
}
