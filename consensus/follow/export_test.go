package follow

// Wait adds to those who wait for their turn, to whom what is in doubt gives way.
func (f *Follower) Wait(n int32) { f.urgent.Add(n) }
