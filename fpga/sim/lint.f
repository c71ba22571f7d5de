// rust-hdl sizes literals at 32 bits, so widths never match; the lint over its syntax tree covers what that hides.
--lint-only -Wall -Wno-WIDTH -Wno-UNUSED -Wno-DECLFILENAME -Wno-VARHIDDEN
