package cache

// Waiting is how many wait for calls that are shared.
func (t *Transport) Waiting() int {
	t.flights.mu.Lock()
	defer t.flights.mu.Unlock()
	waiting := 0
	for _, one := range t.flights.open {
		waiting += one.waiting
	}
	return waiting
}
