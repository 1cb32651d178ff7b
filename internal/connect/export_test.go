package connect

// Waiting counts the callers whose look has not begun because another of the same list is under way, so that
// tests can order them without sleeping.
func (s *Service) Waiting() int {
	s.looks.mu.Lock()
	defer s.looks.mu.Unlock()
	callers := 0
	for _, queued := range s.looks.queued {
		callers += queued.callers
	}
	return callers
}
