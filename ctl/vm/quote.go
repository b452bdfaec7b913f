package vm

import "strings"

// plain are the bytes that no POSIX shell gives a meaning to.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%"

// quote returns words as one line that a POSIX shell splits into the same words.
func quote(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quoteWord(word)
	}
	return strings.Join(quoted, " ")
}

// quoteWord puts single quotes around a word that needs them; a single quote
// inside leaves them, stands escaped, and enters them again.
func quoteWord(word string) string {
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// optionValue writes a value inside QEMU's key=value lists, where a comma ends
// the value unless it is doubled (QEMU's util/qemu-option.c, get_opt_value).
func optionValue(value string) string {
	return strings.ReplaceAll(value, ",", ",,")
}

// wordQuoted writes a kernel word; one with a space keeps its double quotes
// around the value (the kernel's lib/cmdline.c, next_arg).
func wordQuoted(word string) string {
	if !strings.ContainsAny(word, " \t") {
		return word
	}
	key, value, found := strings.Cut(word, "=")
	if !found {
		return `"` + word + `"`
	}
	return key + `="` + strings.Trim(value, `"`) + `"`
}
