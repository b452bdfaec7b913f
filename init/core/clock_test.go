package core

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestCivilIsTheLibrarysDate(t *testing.T) {
	for range 100_000 {
		since := rand.Int64N(8_000_000_000)
		want := time.Unix(since, 0).UTC()
		year, month, day, rest := civil(since)
		if int(year) != want.Year() || int(month) != int(want.Month()) || int(day) != want.Day() || int(rest) != want.Hour()*3600+want.Minute()*60+want.Second() {
			t.Fatalf("%v: %d-%d-%d %d", want, year, month, day, rest)
		}
	}
}
