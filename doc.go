// Package huiying is the domain of a county's sentiment-response desk: posts,
// their assessments, the events they gather into, and the cases (交办单) that
// units acknowledge and answer against statutory clocks.
//
// It holds types and rules and does no I/O: nothing here reads a file, a clock
// or the network. Time, randomness and rule data come in as parameters.
//
// Start reading at [Post], [Assessment], [Event] and [Case]; [Transitions] is
// the whole case state machine, [Case.Do] and [Case.Tick] are the only two ways
// a case changes.
package huiying
