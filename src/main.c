/* registryd: the domain registry. */
#include "base/clock.h"
#include "server/program.h"

int main(int argc, char **argv)
{
	return program_main(argc, argv, clock_system());
}
