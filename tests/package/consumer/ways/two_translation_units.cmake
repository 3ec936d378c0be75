compile(-I${SOURCE}/include ${here}/together/main.cpp ${here}/together/part.cpp -o ${WORK}/app)
run(${WORK}/app)
