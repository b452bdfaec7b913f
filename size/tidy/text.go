package tidy

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
)

// target is a line of the Makefile that `make help` lists.
var target = regexp.MustCompile(`(?m)^([a-z0-9][a-z0-9-]*):.*?## `)

// packageDepth is how many folders of a package's path are asked for: what lies
// deeper belongs to the package above it.
const packageDepth = 3

// checkPackages holds that ARCHITECTURE.md tells of each package, by its path in
// backquotes.
func (h *house) checkPackages() {
	told := ""
	for i := range h.files {
		if h.files[i].path == "ARCHITECTURE.md" {
			told = string(h.files[i].text)
		}
	}
	asked := map[string]bool{}
	for i := range h.files {
		f := &h.files[i]
		parts := strings.Split(path.Dir(f.path), "/")
		folder := strings.Join(parts[:min(len(parts), packageDepth)], "/")
		if f.syntax == nil || asked[folder] {
			continue
		}
		asked[folder] = true
		if !strings.Contains(told, "`"+folder+"`") && !strings.Contains(told, "`"+folder+"/`") {
			h.add("package", f, 0, "no word of `%s` in ARCHITECTURE.md", folder)
		}
	}
}

// checkText holds for every file, whatever it is written in.
func (h *house) checkText(f *file) {
	if len(f.text) > fileBytesMax {
		h.add("large-file", f, 0, "%d bytes; build it, or make it smaller", len(f.text))
	}
	if bytes.IndexByte(f.text, 0) >= 0 {
		return // not a text
	}
	number := 0
	for line := range strings.Lines(string(f.text)) {
		number++
		for _, word := range unfinished {
			if strings.Contains(line, word) {
				h.add("unfinished", f, number, "%s: do it, or say what is missing where users read it", word)
			}
		}
		for _, begin := range machinePaths {
			if at := strings.Index(line, begin); at >= 0 && !insidePath(line, at) {
				h.add("machine-path", f, number, "%s… exists on one machine only", begin)
			}
		}
	}
}

// insidePath says whether what begins at is the middle of a longer path or of
// an address, as in "host/home/x".
func insidePath(line string, at int) bool {
	if at == 0 {
		return false
	}
	before := line[at-1]
	return before >= 'a' && before <= 'z' || before >= 'A' && before <= 'Z' ||
		before >= '0' && before <= '9' || strings.IndexByte(".}_-/", before) >= 0
}

// checkTop holds the house's outside together: what stands at the top, and
// that README tells of each make target.
func (h *house) checkTop() {
	var readme, makefile *file
	seen := map[string]bool{}
	for i := range h.files {
		f := &h.files[i]
		name, _, _ := strings.Cut(f.path, "/")
		if !seen[name] && !slices.Contains(topNames, name) {
			h.add("top", f, 0, "%s has no place at the top of the house", name)
		}
		seen[name] = true
		switch f.path {
		case "README.md":
			readme = f
		case "Makefile":
			makefile = f
		}
	}
	if makefile == nil || readme == nil {
		h.found = append(h.found, Finding{Rule: "readme", Path: "README.md", Text: "README.md and Makefile both belong here"})
		return
	}
	for _, match := range target.FindAllSubmatch(makefile.text, -1) {
		mention := regexp.MustCompile(`make ` + regexp.QuoteMeta(string(match[1])) + `\b(?:[^-]|$)`)
		if !mention.Match(readme.text) {
			h.add("readme", readme, 0, "no word of `make %s`", match[1])
		}
	}
}

// vague gives the vague word in a name of camel case or underscores, if any.
func vague(name string) (word string, is bool) {
	for _, part := range words(name) {
		for _, bad := range vagueWords {
			if part == bad || part == bad+"s" {
				return bad, true
			}
		}
	}
	return "", false
}

// words splits a name at marks and where a word begins: at a capital after a
// small letter, and at the last of several capitals before one, as in HTTPServer.
func words(name string) []string {
	var all []string
	from := 0
	for i := 1; i <= len(name); i++ {
		mark := i < len(name) && strings.IndexByte("_-.", name[i]) >= 0
		if i == len(name) || mark || isUpper(name[i]) && (!isUpper(name[i-1]) || isLower(name, i+1)) {
			all = append(all, strings.ToLower(strings.Trim(name[from:i], "_-.")))
			from = i
		}
	}
	return all
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLower(name string, i int) bool { return i < len(name) && name[i] >= 'a' && name[i] <= 'z' }

// baseName is a file's name without its endings.
func baseName(filePath string) string {
	name, _, _ := strings.Cut(path.Base(filePath), ".")
	return name
}
