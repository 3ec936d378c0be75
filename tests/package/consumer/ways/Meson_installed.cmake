install_ours()
build_with_meson(installed -Dcmake_prefix_path=${WORK}/prefix)
