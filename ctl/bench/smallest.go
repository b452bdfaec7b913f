package bench

import "fmt"

// Smallest finds the least number from low to high for which fits holds, where
// what fits a number fits any larger one. It tries about log2(high-low) times.
// An error of fits ends the search; so does a high that doesn't fit.
func Smallest(low, high int, fits func(int) (bool, error)) (int, error) {
	does, err := fits(high)
	if err != nil {
		return 0, err
	}
	if !does {
		return 0, fmt.Errorf("bench: not even %d are enough", high)
	}
	for low < high {
		middle := low + (high-low)/2
		does, err := fits(middle)
		if err != nil {
			return 0, err
		}
		if does {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return high, nil
}
