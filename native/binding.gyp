{
  # The same addons as CMakeLists.txt builds, for people without CMake. `libtorch_dir` comes from the setup.
  "variables": { "libtorch_dir%": "" },
  "targets": [
    {
      "target_name": "googlenet",
      "sources": ["<!@(sed -n 's#^native/\\(.*[.]cpp\\)$#\\1#p' sources.txt)"],
      "include_dirs": ["."],
      "defines": ["NAPI_VERSION=8", "_GLIBCXX_USE_CXX11_ABI=1", "NDEBUG"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags!": ["-fno-exceptions", "-Wno-unused-parameter"],
      "cflags_cc": [
        "-std=c++20",
        "-fexceptions",
        "-frtti",
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        "-isystem<(libtorch_dir)/include",
        "-isystem<(libtorch_dir)/include/torch/csrc/api/include",
        "-isystem<!(node -p \"require('node:path').resolve(require('node-addon-api').include_dir)\")"
      ],
      "libraries": [
        "<(libtorch_dir)/lib/libtorch_cpu.so",
        "<(libtorch_dir)/lib/libc10.so",
        "-ldl",
        "-Wl,-z,nodelete",
        "-Wl,-rpath,<(libtorch_dir)/lib"
      ]
    },
    {
      # The engines' addon, which does not link libtorch.
      "target_name": "engine",
      "sources": ["<!@(sed -n 's#^native/\\(.*[.]cpp\\)$#\\1#p' infer/sources.txt)"],
      "include_dirs": ["."],
      "defines": ["NAPI_VERSION=8", "NDEBUG"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags!": ["-fno-exceptions", "-Wno-unused-parameter"],
      "cflags_cc": [
        "-std=c++20",
        "-fexceptions",
        "-frtti",
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        "-Wframe-larger-than=32768",
        "-isystem<!(node -p \"require('node:path').resolve(require('node-addon-api').include_dir)\")"
      ],
      "libraries": ["-Wl,-z,nodelete"]
    }
  ]
}
