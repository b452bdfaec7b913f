package size

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// HistoryPath and CurvePath are the figures of past commits and their picture,
// below the repository's top.
const (
	HistoryPath = "size/history.txt"
	CurvePath   = "size/history.svg"
)

// commitChars names a commit in the history: enough to stay unique, and short
// enough to read.
const commitChars = 12

// marksWord begins what stands behind the artifacts of a line.
const marksWord = "boot:"

// Recorded is a line of the history: what a commit's artifacts weighed, and
// when the marks of its boot came.
type Recorded struct {
	// Commit is the beginning of its name, Date when it was made (YYYY-MM-DD).
	Commit, Date string
	// Bytes are by the names of budgets.txt.
	Bytes map[string]int64
	// Usec are the bench image's marks of a counted boot, in µs after PID 1's
	// first instruction; the mark init itself after the kernel's start. Empty
	// where the commit's boot was not counted.
	Usec map[string]int64
}

// ParseHistory reads a history: "commit date name=bytes … boot: mark=µs …" a
// line, in order of time. A blank in a mark's name is written "_". An error
// names the line.
func ParseHistory(r io.Reader) ([]Recorded, error) {
	var all []Recorded
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		one, err := parseRecorded(words)
		if err != nil {
			return nil, fmt.Errorf("size: %s, line %d: %w", HistoryPath, number, err)
		}
		all = append(all, one)
	}
	return all, lines.Err()
}

func parseRecorded(words []string) (Recorded, error) {
	if len(words) < 3 || len(words[0]) != commitChars {
		return Recorded{}, errors.New("want: commit (12 characters) date name=bytes …")
	}
	one := Recorded{Commit: words[0], Date: words[1], Bytes: map[string]int64{}, Usec: map[string]int64{}}
	into := one.Bytes
	for _, word := range words[2:] {
		if word == marksWord {
			into = one.Usec
			continue
		}
		name, digits, _ := strings.Cut(word, "=")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n <= 0 {
			return Recorded{}, fmt.Errorf("%q is not name=number", word)
		}
		into[strings.ReplaceAll(name, "_", " ")] = n
	}
	return one, nil
}

// String is the line of the history, artifacts in order of name, marks in order
// of time but for init, which counts from elsewhere and stands first.
func (r Recorded) String() string {
	line := r.Commit + " " + r.Date
	for _, name := range slices.Sorted(maps.Keys(r.Bytes)) {
		line += " " + name + "=" + strconv.FormatInt(r.Bytes[name], 10)
	}
	if len(r.Usec) > 0 {
		line += " " + marksWord
	}
	for _, name := range marksInOrder(r.Usec) {
		line += " " + strings.ReplaceAll(name, " ", "_") + "=" + strconv.FormatInt(r.Usec[name], 10)
	}
	return line
}

// markInit is PID 1's first instruction, from which the other marks count.
const markInit = "init"

// marksInOrder are the names of marks, the earliest first, init before all.
func marksInOrder(usec map[string]int64) []string {
	names := slices.Sorted(maps.Keys(usec))
	at := func(name string) int64 {
		if name == markInit {
			return 0
		}
		return usec[name]
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(at(a), at(b)) })
	return names
}

// Reference is what artifacts are compared with: a commit by what it is to us.
type Reference struct {
	// Name is "merge base" or "last release", Note which commit that is, or why
	// there is nothing to compare with.
	Name, Note string
	// Bytes is empty where there is no figure.
	Bytes map[string]int64
}

// References are the merge base with main and the last release of the checkout
// at top, by the figures of the history. Where a commit was not recorded, the
// nearest one before it that was stands in, and the note says so.
func References(top string, history []Recorded) []Reference {
	base := Reference{Name: "merge base", Note: "no main branch to compare with"}
	for _, branch := range []string{"origin/main", "main"} {
		if commit, err := git(top, "merge-base", "HEAD", branch); err == nil {
			base = reference("merge base", top, commit, history)
			break
		}
	}
	release := Reference{Name: "last release", Note: "no release yet"}
	if tag, err := git(top, "describe", "--tags", "--abbrev=0"); err == nil {
		release = reference("last release", top, tag, history)
		release.Note = tag + ": " + release.Note
	}
	return []Reference{base, release}
}

// reference finds the newest recorded commit at or before rev.
func reference(name, top, rev string, history []Recorded) Reference {
	list, err := git(top, "rev-list", rev)
	if err != nil {
		return Reference{Name: name, Note: err.Error()}
	}
	for back, commit := range strings.Fields(list) {
		for _, one := range history {
			if !strings.HasPrefix(commit, one.Commit) {
				continue
			}
			note := one.Commit
			if back > 0 {
				note = fmt.Sprintf("%s, the last commit with figures, %d before it", one.Commit, back)
			}
			return Reference{Name: name, Note: note, Bytes: one.Bytes}
		}
	}
	return Reference{Name: name, Note: "no commit before it has figures; make history records them"}
}

// Record makes the line of the checkout at top from its measured artifacts and
// its boot's marks, which may be missing. A changed checkout is refused, as its
// figures are no commit's.
func Record(top string, artifacts []Artifact, usec map[string]int64) (Recorded, error) {
	changed, err := git(top, "status", "--porcelain", "--", ".", ":!"+HistoryPath, ":!"+CurvePath)
	if err != nil {
		return Recorded{}, err
	}
	if changed != "" {
		return Recorded{}, fmt.Errorf("size: the checkout has changes, so its figures belong to no commit; commit first:\n%s", changed)
	}
	line, err := git(top, "show", "-s", "--format=%H %cs", "HEAD")
	if err != nil {
		return Recorded{}, err
	}
	commit, date, _ := strings.Cut(line, " ")
	one := Recorded{Commit: commit[:commitChars], Date: date, Bytes: map[string]int64{}, Usec: usec}
	for _, a := range artifacts {
		one.Bytes[a.Name] = a.Bytes
	}
	return one, nil
}

// Append adds a line, or replaces that of the same commit in its place.
func Append(history []Recorded, one Recorded) []Recorded {
	for i := range history {
		if history[i].Commit == one.Commit {
			history[i] = one
			return history
		}
	}
	return append(history, one)
}

// HistoryText is the whole file.
func HistoryText(history []Recorded) string {
	text := "# What the artifacts of past commits weigh, in bytes, and when the marks of their\n" +
		"# boot came, counted, in µs after PID 1's first instruction (init itself after the\n" +
		"# kernel's start). Measured and written by `make history`; history.svg draws it.\n"
	for _, one := range history {
		text += one.String() + "\n"
	}
	return text
}

// git asks git about the checkout at top; an error carries what it said.
func git(top string, args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", top}, args...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return "", fmt.Errorf("size: git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("size: git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
