# `cmake --install BUILD --prefix DIR`: the programs, the runtime with its one header,
# the simulator behind it, the preload libraries, the captured schedules, pages and examples.
include(GNUInstallDirs)

install(TARGETS npurt npuhw npusim npurt_sim
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES runtime/npurt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
foreach(program npucc npurun npudump npudoctor)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
# The programs look for these in ../lib from where they are.
foreach(preload npuemu nputrace)
  if(TARGET ${preload})
    install(TARGETS ${preload} LIBRARY DESTINATION ${CMAKE_INSTALL_BINDIR}/../lib)
  endif()
endforeach()
if(NOT NPUCC_RUNTIME_ONLY)
  install(DIRECTORY schedules/ DESTINATION ${CMAKE_INSTALL_DATADIR}/npucc/schedules)
  # The pages lie to each other as here, so that their links lead somewhere.
  install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES runtime/hw/FACTS.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/runtime/hw)
  install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING
          PATTERN "*.conv" PATTERN "*.npy" PATTERN "*.c" PATTERN "*.awk")
endif()

# The prefix is found from where the file lies: an installed tree can be moved.
file(RELATIVE_PATH PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PC_PREFIX ${PC_PREFIX})
# For `pkg-config --cflags --libs npurt` and `npurt-sim`.
foreach(name npurt npurt-sim)
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
