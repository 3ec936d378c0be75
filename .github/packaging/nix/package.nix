# Not run here.
{ lib, stdenv, fetchurl, cmake }:

stdenv.mkDerivation {
  pname = "breaker";
  version = "@VERSION@";

  src = fetchurl {
    url = "@URL@";
    sha256 = "@SHA256@";
  };

  nativeBuildInputs = [ cmake ];

  meta = {
    description = "A header-only C++20 circuit breaker";
    homepage = "@HOMEPAGE@";
    license = lib.licenses.mit;
    platforms = lib.platforms.all;
  };
}
