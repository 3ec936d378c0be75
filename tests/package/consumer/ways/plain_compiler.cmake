compile(-I${SOURCE}/include ${here}/app.cpp -o ${WORK}/app)
run(${WORK}/app)
