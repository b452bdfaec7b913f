package size

import (
	"bufio"
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

// Recorded is a line of the history: what a commit's artifacts weighed.
type Recorded struct {
	// Commit is the beginning of its name, Date when it was made (YYYY-MM-DD).
	Commit, Date string
	// Bytes are by the names of budgets.txt.
	Bytes map[string]int64
}

// ParseHistory reads a history: "commit date name=bytes …" a line, in order of
// time. An error names the line.
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
	one := Recorded{Commit: words[0], Date: words[1], Bytes: map[string]int64{}}
	for _, word := range words[2:] {
		name, digits, _ := strings.Cut(word, "=")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n <= 0 {
			return Recorded{}, fmt.Errorf("%q is not name=bytes", word)
		}
		one.Bytes[name] = n
	}
	return one, nil
}

// String is the line of the history, artifacts in order of name.
func (r Recorded) String() string {
	line := r.Commit + " " + r.Date
	for _, name := range slices.Sorted(maps.Keys(r.Bytes)) {
		line += " " + name + "=" + strconv.FormatInt(r.Bytes[name], 10)
	}
	return line
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

// Record makes the line of the checkout at top from its measured artifacts. A
// changed checkout is refused, as its figures are no commit's.
func Record(top string, artifacts []Artifact) (Recorded, error) {
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
	one := Recorded{Commit: commit[:commitChars], Date: date, Bytes: map[string]int64{}}
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
	text := "# What the artifacts of past commits weigh, in bytes, measured and written by\n" +
		"# `make history`: commit, date, artifacts. history.svg draws it.\n"
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
