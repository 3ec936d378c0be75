// EXPECT: this text
// No misuse at all: the harness must report it.
int main() {}
