# The wrap loads the archive, checks its hash, and lays our meson.build into it.
fill_recipes()
file(COPY ${WORK}/recipes/meson/subprojects DESTINATION ${WORK}/source)
build_with_meson(wrap --wrap-mode=forcefallback)
