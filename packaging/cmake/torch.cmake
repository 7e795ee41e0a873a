# libtorch, as target millwright_libtorch: the distribution's, or with MILLWRIGHT_TORCH the one in a folder that holds
# include/ and lib/: torch/ of a Python environment, an unpacked libtorch, what packaging/setup --cuda made. Whether it
# sums from GPU to GPU is MILLWRIGHT_TORCH_NCCL; what that takes to compile, MILLWRIGHT_TORCH_NCCL_INCLUDES.
set(MILLWRIGHT_TORCH "" CACHE PATH "Folder of a libtorch 2 (with include/ and lib/); empty: the distribution's libtorch")
add_library(millwright_libtorch INTERFACE)
# at::parallel_for() is a plain loop in a unit that is compiled without OpenMP.
find_package(OpenMP REQUIRED COMPONENTS CXX)
target_link_libraries(millwright_libtorch INTERFACE OpenMP::OpenMP_CXX)
set(MILLWRIGHT_TORCH_NCCL OFF)

if(MILLWRIGHT_TORCH STREQUAL "")
  find_package(Torch 1.13 REQUIRED)
  target_include_directories(millwright_libtorch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(millwright_libtorch INTERFACE ${TORCH_LIBRARIES})
  return()
endif()

# Not by the folder's own CMake files: they ask for a CUDA toolkit, which sources without kernels of their own do not
# need, and where the distribution's libtorch is installed, too, they pick its libc10.
get_filename_component(torch_folder "${MILLWRIGHT_TORCH}" ABSOLUTE BASE_DIR "${CMAKE_SOURCE_DIR}")
set(torch_version_file "${torch_folder}/include/torch/headeronly/version.h")
if(NOT EXISTS "${torch_version_file}")
  set(torch_version_file "${torch_folder}/include/torch/csrc/api/include/torch/version.h")
endif()
if(NOT EXISTS "${torch_version_file}" OR NOT EXISTS "${torch_folder}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "MILLWRIGHT_TORCH: ${torch_folder} holds no libtorch (include/ and lib/libtorch_cpu.so). "
                      "packaging/setup --cuda makes one; without MILLWRIGHT_TORCH the distribution's is used.")
endif()
file(STRINGS "${torch_version_file}" torch_version REGEX "\"[0-9]+\\.[0-9]+\\.[0-9]+\"")
string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" torch_version "${torch_version}")
if(torch_version VERSION_LESS 2.1)
  message(FATAL_ERROR "MILLWRIGHT_TORCH: ${torch_folder} is libtorch ${torch_version}; 2.1 or newer is needed.")
endif()
target_include_directories(millwright_libtorch SYSTEM INTERFACE "${torch_folder}/include"
                                                                "${torch_folder}/include/torch/csrc/api/include")
# All of them stay linked: nothing here calls libtorch_cuda by name, but loading it is what makes GPUs known.
target_link_options(millwright_libtorch INTERFACE "LINKER:--no-as-needed")
set(torch_libraries "")
foreach(library c10 torch_cpu torch c10_cuda torch_cuda)
  if(EXISTS "${torch_folder}/lib/lib${library}.so")
    list(APPEND torch_libraries ${library})
    target_link_libraries(millwright_libtorch INTERFACE "${torch_folder}/lib/lib${library}.so")
  endif()
endforeach()
message(STATUS "libtorch ${torch_version} from ${torch_folder}: ${torch_libraries}")

# NCCL, of a libtorch for GPUs: usable where c10d's header for it compiles, with the CUDA headers of the wheels beside the
# folder or of a toolkit. Without it ranks sum in main memory. Tried once for each folder.
if(NOT EXISTS "${torch_folder}/lib/libtorch_cuda.so")
  return()
endif()
file(GLOB MILLWRIGHT_TORCH_NCCL_INCLUDES "${torch_folder}/../nvidia/*/include")
if(NOT MILLWRIGHT_TORCH_NCCL_INCLUDES)
  set(MILLWRIGHT_TORCH_NCCL_INCLUDES "/usr/local/cuda/include")
endif()
string(MD5 torch_nccl "${torch_folder}")
set(torch_nccl "MILLWRIGHT_TORCH_NCCL_${torch_nccl}")
if(NOT DEFINED ${torch_nccl})
  set(torch_nccl_try "${CMAKE_BINARY_DIR}/CMakeFiles/torch_nccl")
  file(WRITE "${torch_nccl_try}.cpp" "#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>\n")
  set(torch_includes "${torch_folder}/include" "${torch_folder}/include/torch/csrc/api/include")
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  try_compile(${torch_nccl} "${torch_nccl_try}" "${torch_nccl_try}.cpp"
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${torch_includes};${MILLWRIGHT_TORCH_NCCL_INCLUDES}"
    COMPILE_DEFINITIONS -DUSE_C10D_NCCL
    CXX_STANDARD 20
    OUTPUT_VARIABLE torch_nccl_said)
  unset(CMAKE_TRY_COMPILE_TARGET_TYPE)
  file(WRITE "${torch_nccl_try}.log" "${torch_nccl_said}")
endif()
set(MILLWRIGHT_TORCH_NCCL ${${torch_nccl}})
message(STATUS "NCCL of that libtorch: ${MILLWRIGHT_TORCH_NCCL} (CMakeFiles/torch_nccl.log)")
