package core

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// readAll gives the records of a ring as text.
func readAll(r *ring) []record {
	var all []record
	for at := r.head; ; {
		rec, next, ok := r.get(at, make([]byte, lineMax))
		if !ok {
			return all
		}
		all, at = append(all, rec), next
	}
}

// TestRingAgainstList holds the ring to a list that does the same in the dumbest
// way, over random records.
func TestRingAgainstList(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	r := new(ring)
	type entry struct {
		nsec int64
		text string
	}
	var list []entry
	used, dropped := 0, uint64(0)
	for n := range 20_000 {
		size := rnd.IntN(200)
		if rnd.IntN(50) == 0 {
			size = lineMax
		}
		text := bytes.Repeat([]byte{byte('a' + n%26)}, size)
		r.put(int64(n)*7, streamErr, 0, text)
		list = append(list, entry{int64(n) * 7, string(text)})
		used += recordHead + size
		for used > ringBytes {
			used -= recordHead + len(list[0].text)
			list = list[1:]
			dropped++
		}
		if n%997 != 0 {
			continue
		}
		got := readAll(r)
		if len(got) != len(list) || r.dropped != dropped || r.records != uint64(len(list)) {
			t.Fatalf("after %d: %d records, %d dropped; want %d, %d", n, len(got), r.dropped, len(list), dropped)
		}
		for i := range got {
			if got[i].nsec != list[i].nsec || string(got[i].text) != list[i].text || got[i].stream != streamErr {
				t.Fatalf("after %d: record %d differs", n, i)
			}
		}
	}
}

func TestRingSplitsLines(t *testing.T) {
	long := strings.Repeat("x", lineMax+5)
	for _, c := range []struct {
		in   string
		want string // records, '|' after a whole line and '+' after a part
	}{
		{"one\ntwo\n", "one|two|"},
		{"no newline", "no newline+"},
		{"\n\n", "||"},
		{"a\nb", "a|b+"},
		{long + "\n", long[:lineMax] + "+" + long[lineMax:] + "|"},
		{long[:lineMax] + "\n", long[:lineMax] + "|"},
	} {
		r := new(ring)
		r.split(1, streamOut, []byte(c.in))
		got := ""
		for _, rec := range readAll(r) {
			got += string(rec.text) + map[bool]string{true: "+", false: "|"}[rec.part]
		}
		if got != c.want {
			t.Errorf("%.20q: got %.40q, want %.40q", c.in, got, c.want)
		}
	}
}

func TestRingPutAllocatesNothing(t *testing.T) {
	r, line := new(ring), []byte("a line of output\n")
	if n := testing.AllocsPerRun(1000, func() { r.split(5, streamOut, line) }); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a\nb\n\nc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > ringBytes/16 {
			return
		}
		r := new(ring)
		r.split(1, streamOut, b)
		var got []byte
		for _, rec := range readAll(r) {
			got = append(got, rec.text...)
			if !rec.part {
				got = append(got, '\n')
			}
		}
		if r.dropped == 0 && !bytes.Equal(got, b) {
			t.Errorf("%q came back as %q", b, got)
		}
	})
}
