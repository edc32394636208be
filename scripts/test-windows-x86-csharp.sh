#!/usr/bin/env bash
# The C# suite in a process of 32 bits on .NET for Windows x86, under wine.
WINDOWS_RID=win-x86 exec "$(dirname "$0")/test-windows-csharp.sh"
