// EXPECT: breaker: two clocks were given
// A misuse, but not the expected one: the harness must report it.
int main() { return nothing; }
