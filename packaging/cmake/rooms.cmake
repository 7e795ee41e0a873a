# How a room is declared, and how layering is held by the build.
#
#   millwright_room(NAME store USES base)                     one static library, target mw_store
#   millwright_test(NAME test_store_project SOURCES … ROOMS store)
#
# A room's sources are all *.cpp in its folder and in its detail/. Its public headers are the *.h directly in its folder:
# they are staged, as links, under <build>/rooms/<room>/include/<room>/, and that folder is the only include path that a
# user of the room gets. So an include of a room that was not declared in USES finds no file and does not compile.
# What USES names is passed on (PUBLIC): a header may speak of the rooms it builds on.

add_library(millwright_options INTERFACE)
target_compile_options(millwright_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12's middle end at -O2 and above in inlined library code.
  target_compile_options(millwright_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
                                                      -Wno-restrict -Wno-dangling-reference)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    get_target_property(_mw_opts millwright_options INTERFACE_COMPILE_OPTIONS)
    list(REMOVE_ITEM _mw_opts -Wno-dangling-reference)
    set_target_properties(millwright_options PROPERTIES INTERFACE_COMPILE_OPTIONS "${_mw_opts}")
  endif()
endif()
target_compile_definitions(millwright_options INTERFACE QT_NO_KEYWORDS MILLWRIGHT_VERSION="${PROJECT_VERSION}")
if(MILLWRIGHT_SANITIZE)
  target_compile_options(millwright_options INTERFACE -fsanitize=${MILLWRIGHT_SANITIZE} -fno-omit-frame-pointer -g1
                                                      -fno-sanitize-recover=all)
  target_link_options(millwright_options INTERFACE -fsanitize=${MILLWRIGHT_SANITIZE})
endif()

function(millwright_stage_headers name folder)
  set(staged "${CMAKE_BINARY_DIR}/rooms/${name}/include/${name}")
  file(REMOVE_RECURSE "${staged}")
  file(MAKE_DIRECTORY "${staged}")
  file(GLOB headers CONFIGURE_DEPENDS "${folder}/*.h")
  foreach(header IN LISTS headers)
    get_filename_component(file "${header}" NAME)
    file(CREATE_LINK "${header}" "${staged}/${file}" SYMBOLIC)
  endforeach()
endfunction()

function(millwright_room)
  cmake_parse_arguments(ROOM "" "NAME;FOLDER" "USES;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  if(NOT ROOM_FOLDER)
    set(ROOM_FOLDER "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${ROOM_FOLDER}/*.cpp" "${ROOM_FOLDER}/detail/*.cpp" "${ROOM_FOLDER}/*.h"
       "${ROOM_FOLDER}/detail/*.h")
  add_library(mw_${ROOM_NAME} STATIC ${sources})
  millwright_stage_headers(${ROOM_NAME} "${ROOM_FOLDER}")
  target_include_directories(mw_${ROOM_NAME} PUBLIC "${CMAKE_BINARY_DIR}/rooms/${ROOM_NAME}/include")
  # For #include "detail/…" from anywhere in the room; as -iquote, so that <system.h> is never found here.
  target_compile_options(mw_${ROOM_NAME} PRIVATE "SHELL:-iquote \"${ROOM_FOLDER}\"")
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(mw_${ROOM_NAME} PUBLIC mw_${used})
  endforeach()
  target_link_libraries(mw_${ROOM_NAME} PUBLIC ${ROOM_LIBRARIES} PRIVATE millwright_options ${ROOM_PRIVATE_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY MILLWRIGHT_ROOMS ${ROOM_NAME})
  set_property(GLOBAL PROPERTY MILLWRIGHT_ROOM_USES_${ROOM_NAME} "${ROOM_USES}")
endfunction()

# A Qt Test program under ctest. LABELS: quick (default), slow, gui, bench. Skipped never counts as passed.
function(millwright_test)
  cmake_parse_arguments(TEST "" "NAME;TIMEOUT" "SOURCES;ROOMS;LIBRARIES;LABELS;ENVIRONMENT;ARGUMENTS" ${ARGN})
  if(NOT TEST_LABELS)
    set(TEST_LABELS quick)
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 300)
  endif()
  add_executable(${TEST_NAME} ${TEST_SOURCES})
  set_target_properties(${TEST_NAME} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  foreach(room IN LISTS TEST_ROOMS)
    target_link_libraries(${TEST_NAME} PRIVATE mw_${room})
  endforeach()
  target_link_libraries(${TEST_NAME} PRIVATE millwright_options Qt6::Test ${TEST_LIBRARIES})
  target_compile_definitions(${TEST_NAME} PRIVATE MILLWRIGHT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                                  MILLWRIGHT_BUILD_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${TEST_NAME} COMMAND ${TEST_NAME} ${TEST_ARGUMENTS})
  set(data "$ENV{MILLWRIGHT_DATA}")
  set_tests_properties(${TEST_NAME} PROPERTIES LABELS "${TEST_LABELS}" TIMEOUT ${TEST_TIMEOUT}
    ENVIRONMENT "QT_QPA_PLATFORM=offscreen;MILLWRIGHT_LOCKS=${CMAKE_BINARY_DIR}/locks;${TEST_ENVIRONMENT}"
    SKIP_REGULAR_EXPRESSION "SKIP   :")
endfunction()
