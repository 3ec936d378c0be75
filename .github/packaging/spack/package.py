# Not run here.
from spack_repo.builtin.build_systems.cmake import CMakePackage

from spack.package import *


class Breaker(CMakePackage):
    """A header-only C++20 circuit breaker."""

    homepage = "@HOMEPAGE@"
    url = "@URL@"

    license("MIT")

    version("@VERSION@", sha256="@SHA256@")

    depends_on("cxx", type="build")
    depends_on("cmake@3.23:", type="build")

    conflicts("%gcc@:11", msg="breaker needs g++ 12")
    conflicts("%clang@:13", msg="breaker needs clang 14")
