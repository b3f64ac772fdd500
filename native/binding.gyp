{
  # The same addons as CMakeLists.txt builds, for people without CMake. `libtorch_dir` comes from `googlenet setup`.
  "variables": { "libtorch_dir%": "" },
  "target_defaults": {
    "include_dirs": ["."],
    "defines": ["NAPI_VERSION=8", "NDEBUG"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags!": ["-fno-exceptions", "-Wno-unused-parameter"],
    "cflags_cc": ["-std=c++20", "-fexceptions", "-frtti", "-fvisibility=hidden", "-Wall", "-Wextra"]
  },
  "targets": [
    {
      "target_name": "googlenet",
      "sources": ["<!@(sed -n 's#^native/\\(.*[.]cpp\\)$#\\1#p' sources.txt)"],
      "defines": ["_GLIBCXX_USE_CXX11_ABI=1"],
      "cflags_cc": [
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
      "sources": [
        "<!@(sed -n '\\#^native/kernels/.*/#d; s#^native/\\(.*[.]cpp\\)$#\\1#p' infer/sources.txt)"
      ],
      "cflags_cc": [
        "-Wframe-larger-than=32768",
        "-isystem<!(node -p \"require('node:path').resolve(require('node-addon-api').include_dir)\")"
      ],
      "libraries": ["-Wl,-z,nodelete"],
      "conditions": [
        [
          "target_arch=='x64'",
          {
            "dependencies": [
              "kernels_avx2",
              "kernels_avx512",
              "kernels_avx512_vnni",
              "kernels_avx512_bf16",
              "kernels_amx"
            ]
          }
        ]
      ]
    }
  ],
  # The kernels of an instruction set, with its flags.
  "conditions": [
    [
      "target_arch=='x64'",
      {
        "targets": [
          {
            "target_name": "kernels_avx2",
            "type": "static_library",
            "sources": ["<!@(sed -n 's#^native/\\(kernels/avx2/.*[.]cpp\\)$#\\1#p' infer/sources.txt)"],
            "cflags_cc": ["<!@(sed -n 's/^avx2 //p' kernels/flags.txt)"]
          },
          {
            "target_name": "kernels_avx512",
            "type": "static_library",
            "sources": ["<!@(sed -n 's#^native/\\(kernels/avx512/.*[.]cpp\\)$#\\1#p' infer/sources.txt)"],
            "cflags_cc": ["<!@(sed -n 's/^avx512 //p' kernels/flags.txt)"]
          },
          {
            "target_name": "kernels_avx512_vnni",
            "type": "static_library",
            "sources": ["<!@(sed -n 's#^native/\\(kernels/avx512_vnni/.*[.]cpp\\)$#\\1#p' infer/sources.txt)"],
            "cflags_cc": ["<!@(sed -n 's/^avx512_vnni //p' kernels/flags.txt)"]
          },
          {
            "target_name": "kernels_avx512_bf16",
            "type": "static_library",
            "sources": ["<!@(sed -n 's#^native/\\(kernels/avx512_bf16/.*[.]cpp\\)$#\\1#p' infer/sources.txt)"],
            "cflags_cc": ["<!@(sed -n 's/^avx512_bf16 //p' kernels/flags.txt)"]
          },
          {
            "target_name": "kernels_amx",
            "type": "static_library",
            "sources": ["<!@(sed -n 's#^native/\\(kernels/amx/.*[.]cpp\\)$#\\1#p' infer/sources.txt)"],
            "cflags_cc": ["<!@(sed -n 's/^amx //p' kernels/flags.txt)"]
          }
        ]
      }
    ]
  ]
}
