-- Not run here.
package("breaker")
    set_kind("library", {headeronly = true})
    set_description("A header-only C++20 circuit breaker")
    set_homepage("@HOMEPAGE@")
    set_license("MIT")

    add_urls("@URL@")
    add_versions("@VERSION@", "@SHA256@")

    add_deps("cmake")

    on_install(function (package)
        import("package.tools.cmake").install(package)
    end)

    on_test(function (package)
        assert(package:check_cxxsnippets({test = [[
            #include <breaker/breaker.hpp>
            void test() { breaker::CircuitBreaker<> circuit; }
        ]]}, {configs = {languages = "c++20"}}))
    end)
package_end()
