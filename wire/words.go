package wire

// KernelWord returns the value of the last word of a kernel command line that
// begins with name ("ip=") and has one.
func KernelWord(cmdline, name string) (value string, ok bool) {
	for start := 0; start < len(cmdline); {
		end := start
		for end < len(cmdline) && cmdline[end] != ' ' && cmdline[end] != '\n' {
			end++
		}
		if word := cmdline[start:end]; len(word) > len(name) && word[:len(name)] == name {
			value, ok = word[len(name):], true
		}
		start = end + 1
	}
	return value, ok
}
