compile(-I${SOURCE}/include -fno-exceptions -fno-rtti -c ${here}/together/without_exceptions.cpp
  -o ${WORK}/without.o)
compile(-I${SOURCE}/include ${here}/together/with_exceptions.cpp ${WORK}/without.o -o ${WORK}/app)
run(${WORK}/app)
compile(-I${SOURCE}/include ${WORK}/without.o ${here}/together/with_exceptions.cpp -o ${WORK}/app)
run(${WORK}/app)  # whichever comes first
