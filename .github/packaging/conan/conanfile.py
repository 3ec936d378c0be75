# Not run here.
from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain
from conan.tools.files import get


class Breaker(ConanFile):
    name = "breaker"
    version = "@VERSION@"
    description = "A header-only C++20 circuit breaker"
    homepage = "@HOMEPAGE@"
    license = "MIT"
    topics = ("circuit-breaker", "resilience", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    no_copy_source = True

    def validate(self):
        check_min_cppstd(self, 20)

    def source(self):
        get(self, "@URL@", sha256="@SHA256@", strip_root=True)

    def generate(self):
        CMakeToolchain(self).generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        CMake(self).install()

    def package_id(self):
        self.info.clear()

    def package_info(self):
        # The package's own CMake files make breaker::breaker and the targets of adapters.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["share/cmake/breaker"]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
